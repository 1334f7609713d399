// The only reader of the environment. A file `.env` in the current directory counts like the environment, which wins.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { Environment } from './parse-config.ts'

/** Reads `.env` (when there is one) and `process.env`. `overrides` (command-line flags) win over both. */
export function readEnvironment(overrides: Environment = {}): Environment {
  const set = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
  return { ...readEnvFile(), ...process.env, ...set }
}

function readEnvFile(): Environment {
  try {
    return parseEnv(readFileSync('.env', 'utf8'))
  } catch {
    return {} // not there, or not ours to read
  }
}
