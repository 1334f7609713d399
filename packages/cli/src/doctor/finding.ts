/** What one check found. `mend` says what to do, when there is something to do. */
export interface Finding {
  check: string
  result: 'ok' | 'warn' | 'fail'
  detail: string
  mend?: string
}

export const ok = (check: string, detail: string): Finding => ({ check, result: 'ok', detail })
export const warn = (check: string, detail: string, mend: string): Finding => ({
  check,
  result: 'warn',
  detail,
  mend,
})
export const fail = (check: string, detail: string, mend: string): Finding => ({
  check,
  result: 'fail',
  detail,
  mend,
})
