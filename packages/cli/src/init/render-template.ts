// Fills the secrets into a configuration template. `{{name}}` is the secret itself, `{{sha256 name}}` its hash in hexadecimal
// digits, for stores that check a password without having to know it.
import { createHash } from 'node:crypto'

const PLACE = /\{\{(sha256 )?([a-z_]+)\}\}/g

/** Throws when a place names no secret, or when something is left that looks like a place. */
export function renderTemplate(text: string, values: ReadonlyMap<string, string>): string {
  const filled = text.replaceAll(PLACE, (place: string, hashed: string | undefined, name: string) => {
    const value = values.get(name)
    if (value === undefined) throw new Error(`${place} names no secret`)
    return hashed === undefined ? value : createHash('sha256').update(value).digest('hex')
  })
  const left = /\{\{[^}\n]*\}?\}?/.exec(filled)
  if (left !== null) throw new Error(`${left[0]} cannot be filled in`)
  return filled
}
