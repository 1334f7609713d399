// When a process started, as a text that no other process with the same pid shares.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
// proc_pid_stat(5): "starttime" is field 22; the fields after the command's closing bracket begin with field 3.
const START_FIELD_AFTER_COMMAND = 22 - 3

/** On Linux the boot's id and the clock tick of the start; elsewhere what `ps` says. '' when there is no such process. */
export async function processStart(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // A zombie holds nothing any more.
    if (fields[0] === 'Z' || fields[0] === 'X') return ''
    return `${boot.trim()}/${fields[START_FIELD_AFTER_COMMAND] ?? ''}`
  } catch {
    return await startByPs(pid)
  }
}

async function startByPs(pid: number): Promise<string> {
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)])
    return stdout.trim()
  } catch {
    return ''
  }
}
