import type { ResolvedCore } from './options.ts'

/**
 * Whether this browser asks not to be tracked, or there is no browser at all: a page that is rendered on a server has no
 * visitor to ask.
 */
export function privacyControlDenies(options: ResolvedCore): boolean {
  if (typeof document === 'undefined') return true
  const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean }
  if (globalPrivacyControl !== true || !options.globalPrivacyControl) return false
  ;(options.logger ?? console).info?.('[penstock] Global Privacy Control: nothing is sent')
  return true
}
