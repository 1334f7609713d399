// Runs npm and other programs in a directory outside this workspace, with none of the npm settings this test was started with.
import { spawn } from 'node:child_process'

export interface Ran {
  code: number | null
  stdout: string
  /** Both streams. */
  output: string
}

export function runIn(cwd: string, command: string, args: readonly string[]): Promise<Ran> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|NODE_ENV|VITEST)/i.test(name) || /^npm_config_(registry|cache)$/i.test(name),
    ),
  )
  return new Promise((resolve) => {
    const child = spawn(command, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let output = ''
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString()
      output += data.toString()
    })
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    child.on('error', (error) => resolve({ code: -1, stdout, output: output + error.message }))
    child.on('close', (code) => resolve({ code, stdout, output }))
  })
}

/** Standard output; throws with everything it printed when it did not end well. */
export async function mustRun(cwd: string, command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, output } = await runIn(cwd, command, args)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`)
  return stdout
}
