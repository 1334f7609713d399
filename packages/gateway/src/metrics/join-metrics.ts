// Joins two Prometheus texts into one that holds every family once: the gateway's and the worker's of the same process.
// Series of our own families that both have (the same name and labels) are added up; of others, such as `process_…`, the
// first text's stand, since both speak of one process.

interface Family {
  comments: string[]
  /** Series with labels → value as text. */
  series: Map<string, string>
}

export function joinMetrics(first: string, second: string): string {
  const families = parse(first)
  for (const [name, family] of parse(second)) {
    const known = families.get(name)
    if (known === undefined) families.set(name, family)
    else if (name.startsWith('penstock_')) {
      for (const [series, value] of family.series) {
        const other = known.series.get(series)
        known.series.set(series, other === undefined ? value : String(Number(other) + Number(value)))
      }
    }
  }
  const parts = [...families.values()].map(({ comments, series }) =>
    [...comments, ...[...series].map(([labels, value]) => `${labels} ${value}`)].join('\n'),
  )
  return `${parts.join('\n\n')}\n`
}

function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  let current: Family | undefined
  for (const line of text.split('\n')) {
    const comment = /^# (?:HELP|TYPE) (\S+)/.exec(line)
    if (comment !== null) {
      const name = comment[1] as string
      current = families.get(name) ?? { comments: [], series: new Map() }
      families.set(name, current)
      current.comments.push(line)
    } else if (line !== '' && !line.startsWith('#') && current !== undefined) {
      const space = line.lastIndexOf(' ')
      current.series.set(line.slice(0, space), line.slice(space + 1))
    }
  }
  return families
}
