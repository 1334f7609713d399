// The script tag: `<script async src=".../sdk/penstock.js" data-write-key="pk_…">`. Makes the client from the tag's `data-`
// attributes, runs the calls that waited in the stub `window.penstock = []`, and stays there under the same name. The one
// file of this package that acts when it is loaded; a second tag does nothing.
import { createPenstock, type BrowserOptions, type Penstock } from './index.ts'

type Call = [method: string, ...args: unknown[]]
type ScriptPenstock = Penstock & {
  /** Runs calls written as `['track', 'Seen', { … }]`, as the stub takes them. */
  push(...calls: Call[]): void
}

const page = window as unknown as { penstock?: ScriptPenstock | Call[] }

function optionsOf(tag: HTMLScriptElement): BrowserOptions {
  const options: Record<string, unknown> = { host: new URL(tag.src, location.href).origin }
  for (const name in tag.dataset) {
    const text = tag.dataset[name] as string
    const number = Number(text)
    if (name === 'writeKey' || name === 'host') options[name] = text
    else if (text === 'true' || text === 'false') options[name] = text === 'true'
    else options[name] = text === '' || Number.isNaN(number) ? text : number
  }
  return options as unknown as BrowserOptions
}

function begin(): void {
  const waiting = page.penstock ?? []
  if (!Array.isArray(waiting)) return
  const tag = (document.currentScript ??
    document.querySelector('script[data-write-key]')) as HTMLScriptElement | null
  try {
    const client = createPenstock(optionsOf(tag!)) as ScriptPenstock
    client.push = (...calls) => {
      for (const call of calls) {
        try {
          const [method, ...args] = call
          ;(client as unknown as Record<string, (...given: unknown[]) => unknown>)[method]!(...args)
        } catch {
          console.warn('[penstock] no such call', call)
        }
      }
    }
    page.penstock = client
    client.push(...waiting)
  } catch (error) {
    console.warn('[penstock]', error)
  }
}

begin()
