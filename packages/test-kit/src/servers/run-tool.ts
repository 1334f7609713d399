// Runs a tool of the machine (java, mvn, pip, go) to its end.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const TIMEOUT_MS = 300_000

/** What it printed, both streams. Rejects with that text's end in the message when it fails. */
export async function runTool(command: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, [...args], {
      timeout: TIMEOUT_MS,
      maxBuffer: 16 * 1_048_576,
      ...(cwd === undefined ? {} : { cwd }),
    })
    return stdout + stderr
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed: ${(stdout + stderr).trim().slice(-1500)}`, {
      cause: error,
    })
  }
}

/** Whether the tool can be run at all; null when it is not there or answers with an error, else what it printed. */
export async function toolAnswer(command: string, args: readonly string[]): Promise<string | null> {
  return runTool(command, args).catch(() => null)
}
