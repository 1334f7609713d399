// Rows for people (aligned columns) or for programs (one JSON array).

/** Columns in the order given; lists are joined, missing values are a dash. */
export function printTable<Row extends object>(
  rows: readonly Row[],
  columns: readonly (keyof Row & string)[],
  json: boolean,
): void {
  process.stdout.write(json ? `${JSON.stringify(rows)}\n` : formatTable(rows, columns))
}

export function formatTable<Row extends object>(
  rows: readonly Row[],
  columns: readonly (keyof Row & string)[],
): string {
  const lines = [[...columns] as string[], ...rows.map((row) => columns.map((column) => cell(row[column])))]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] as string).length)))
  return lines
    .map(
      (line) =>
        `${line
          .map((text, index) => text.padEnd(widths[index] as number))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-'
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)
}
