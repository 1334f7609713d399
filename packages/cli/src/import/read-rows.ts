// Rows of a file, in order, with the line each begins at. Never holds the file. A line that cannot be read is a row with a
// problem, so that it is reported and the others are taken.
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'

export type FileFormat = 'ndjson' | 'csv'

export interface FileRow {
  /** From 1, as an editor counts. */
  line: number
  /** The row as it stands in the file. */
  content: string
  fields: Readonly<Record<string, unknown>> | null
  /** Why `fields` is null. */
  problem?: string
}

export interface OpenedFile {
  rows: AsyncIterable<FileRow>
  /** Bytes of the file read so far. */
  bytesRead(): number
}

/** Throws `CommandError` (64) when neither the name nor `format` says what it is. */
export function fileFormat(file: string, format: string | undefined): FileFormat {
  if (format === 'ndjson' || format === 'csv') return format
  if (format !== undefined)
    throw new CommandError(EXIT.usage, `--format must be ndjson or csv; it is ${format}`)
  const plain = file.toLowerCase().replace(/\.gz$/, '')
  if (plain.endsWith('.csv')) return 'csv'
  if (/\.(ndjson|jsonl)$/.test(plain)) return 'ndjson'
  throw new CommandError(
    EXIT.usage,
    `cannot tell the format of ${file} from its name`,
    'Say --format ndjson or --format csv.',
  )
}

/** Reading errors (no such file, broken gzip) come out of the iteration. */
export function openFile(file: string, format: FileFormat): OpenedFile {
  const source = createReadStream(file)
  const text: Readable = file.toLowerCase().endsWith('.gz') ? source.pipe(createGunzip()) : source
  source.on('error', (error) => text.destroy(error))
  return { rows: format === 'csv' ? csvRows(text) : jsonRows(text), bytesRead: () => source.bytesRead }
}

async function* jsonRows(text: Readable): AsyncGenerator<FileRow> {
  let line = 0
  let failure: Error | undefined
  text.on('error', (error) => (failure = error)) // readline ends without a word on it
  for await (const content of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1
    if (content.trim() !== '') yield { line, content, ...readJson(content) }
  }
  if (failure !== undefined) throw failure
}

function readJson(content: string): Pick<FileRow, 'fields' | 'problem'> {
  try {
    const value = JSON.parse(content) as unknown
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { fields: value as Record<string, unknown> }
    return { fields: null, problem: 'the line is no JSON object' }
  } catch {
    return { fields: null, problem: 'the line is no JSON' }
  }
}

type RawRecord = { record: Record<string, string>; info: { lines: number; error?: Error }; raw: string }

async function* csvRows(text: Readable): AsyncGenerator<FileRow> {
  const parser = parse({
    columns: true,
    bom: true,
    info: true,
    raw: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: 4_194_304, // an unclosed quote must not swallow the rest of the file
  })
  text.on('error', (error) => parser.destroy(error))
  let firstLine = 2 // after the header
  for await (const item of text.pipe(parser) as AsyncIterable<RawRecord>) {
    const content = item.raw.replace(/\r?\n$/, '')
    // `info.lines` is where the record ends; a quoted value may span several.
    const line = item.info.lines - (content.match(/\n/g)?.length ?? 0)
    firstLine = Math.max(firstLine, line)
    const { error } = item.info
    yield error === undefined
      ? { line: firstLine, content, fields: item.record }
      : {
          line: firstLine,
          content,
          fields: null,
          problem: 'the row has another number of columns than the header',
        }
  }
}
