// Joins two Prometheus texts into one that holds every family once: the gateway's and the worker's of the same process.
// Series of our own counters and histograms that both have (the same name and labels) are added up. Of gauges the first text's
// stand, since both measure one thing: the same lag twice would be twice the lag. So do families that are not ours, such as
// `process_…`, since both speak of one process.

interface Family {
  comments: string[]
  /** What a `# TYPE` line says; unset without one. */
  type?: string
  /** Series with labels → value as text. */
  series: Map<string, string>
}

export function joinMetrics(first: string, second: string): string {
  const families = parse(first)
  for (const [name, family] of parse(second)) {
    const known = families.get(name)
    if (known === undefined) families.set(name, family)
    else if (name.startsWith('penstock_')) join(known, family)
  }
  const parts = [...families.values()].map(({ comments, series }) =>
    [...comments, ...[...series].map(([labels, value]) => `${labels} ${value}`)].join('\n'),
  )
  return `${parts.join('\n\n')}\n`
}

function join(known: Family, family: Family): void {
  const countsUp = known.type === 'counter' || known.type === 'histogram'
  for (const [series, value] of family.series) {
    const other = known.series.get(series)
    if (other === undefined) known.series.set(series, value)
    else if (countsUp) known.series.set(series, String(Number(other) + Number(value)))
  }
}

function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  let current: Family | undefined
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) ?(.*)/.exec(line)
    if (comment !== null) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string]
      current = families.get(name) ?? { comments: [], series: new Map() }
      families.set(name, current)
      current.comments.push(line)
      if (kind === 'TYPE') current.type = rest
    } else if (line !== '' && !line.startsWith('#') && current !== undefined) {
      const space = line.lastIndexOf(' ')
      current.series.set(line.slice(0, space), line.slice(space + 1))
    }
  }
  return families
}
