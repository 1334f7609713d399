// Reads what deploys Penstock, for the tests beside it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
export const readFile = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
export const listFiles = (directory: string): string[] => readdirSync(join(ROOT, directory)).sort()

export interface Service {
  image?: string
  build?: object
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  networks?: string[] | Record<string, unknown>
  profiles?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test?: string[]; disable?: boolean }
  restart?: string
  read_only?: boolean
  cap_drop?: string[]
  user?: string
  mem_limit?: string
}
export interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}

export const readCompose = (): Compose => parse(readFile('docker-compose.yml'), { merge: true }) as Compose

export interface Rule {
  alert?: string
  record?: string
  expr: string
  for?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

export function readRules(file: string): Rule[] {
  const { groups } = parse(readFile(`deploy/prometheus/${file}`)) as { groups: { rules: Rule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

/** Names of metrics in a PromQL expression: what stands before `{`, `[` or nothing, and is no function, keyword or label. */
export function metricsOf(expr: string): string[] {
  const bare = expr
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/"[^"]*"/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replaceAll(/#.*$/gm, ' ')
  const names = bare.match(/[a-zA-Z_][a-zA-Z0-9_:]*(?!\s*\()\b/g) ?? []
  const words = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan'])
  return [...new Set(names.filter((name) => /[_:]/.test(name) || name === 'up'))].filter(
    (name) => !words.has(name.toLowerCase()) && !isFunction(bare, name),
  )
}

const isFunction = (expr: string, name: string): boolean =>
  new RegExp(`(^|[^a-zA-Z0-9_:])${name}\\s*\\(`).test(expr)
