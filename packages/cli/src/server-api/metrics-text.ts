// Sums of a server's counters, over all their labels unless some are asked for.

/** Prometheus text to sums: `name` over all series, and `name{label="value"}` for every single label of a series. */
export function sumCounters(text: string): Map<string, number> {
  const sums = new Map<string, number>()
  const add = (name: string, value: number) => sums.set(name, (sums.get(name) ?? 0) + value)
  for (const line of text.split('\n')) {
    const match = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)/i.exec(line)
    if (match === null) continue
    const [, name, labels = '', value] = match as unknown as [string, string, string?, string?]
    add(name, Number(value))
    for (const [label] of labels.matchAll(/[a-z_][a-z0-9_]*="[^"]*"/gi))
      add(`${name}{${label}}`, Number(value))
  }
  return sums
}
