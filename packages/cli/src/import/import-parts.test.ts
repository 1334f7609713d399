import fc from 'fast-check'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parseUuid } from '@penstock/contract'
import { describe, expect, it } from 'vitest'
import { toBatches } from './batches.ts'
import { openCheckpoint } from './checkpoint.ts'
import { encodeRow } from './encode-row.ts'
import { createLineIds } from './event-id.ts'
import { createInOrder } from './in-order.ts'
import { readMapping, withColumnsOfFile } from './mapping.ts'
import { normaliseTime } from './normalise-time.ts'
import { type FileFormat, type FileRow, openFile } from './read-rows.ts'

const directory = mkdtempSync(join(tmpdir(), 'penstock-import-'))

async function rowsOf(name: string, content: string | Buffer, format: FileFormat): Promise<FileRow[]> {
  writeFileSync(join(directory, name), content)
  const rows: FileRow[] = []
  for await (const row of openFile(join(directory, name), format).rows) rows.push(row)
  return rows
}

describe('normaliseTime', () => {
  it.each([
    ['2024-03-13 10:21:14', '2024-03-13T10:21:14Z'],
    ['2024-03-13T10:21', '2024-03-13T10:21:00Z'],
    ['2024-03-13', '2024-03-13T00:00:00Z'],
    ['2024-03-13 10:21:14.5', '2024-03-13T10:21:14.5Z'],
    ['2024-03-13 10:21:14 UTC', '2024-03-13T10:21:14Z'],
    ['2024-03-13 10:21:14+0200', '2024-03-13T10:21:14+02:00'],
    ['2024-03-13 10:21:14-05', '2024-03-13T10:21:14-05:00'],
    ['1710325274', '2024-03-13T10:21:14.000Z'],
    ['1710325274123', '2024-03-13T10:21:14.123Z'],
  ])('%s is %s', (text, time) => {
    expect(normaliseTime(text)).toBe(time)
  })

  it.each(['yesterday', '13.03.2024', '', '2024-03-13 10:21:14 CET'])('leaves %j to the server', (text) => {
    expect(normaliseTime(text)).toBe(text)
  })

  it('does not touch what the contract wants', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }), (date) => {
        expect(normaliseTime(date.toISOString())).toBe(date.toISOString())
      }),
    )
  })
})

describe('createLineIds', () => {
  it('gives the same file the same ids, equal lines different ones', () => {
    const lines = ['a', 'b', 'a', 'a', 'c']
    const ids = (project: string, file: string) => {
      const source = createLineIds(project, file)
      return lines.map((line) => source.next(line))
    }
    const first = ids('dev', 'x.csv')
    expect(ids('dev', 'x.csv')).toEqual(first)
    expect(new Set(first).size).toBe(lines.length)
    expect(new Set([...first, ...ids('dev', 'y.csv'), ...ids('other', 'x.csv')]).size).toBe(15)
    expect(first.every((id) => parseUuid(id) !== null && id[14] === '5')).toBe(true)
  })

  it('is the stored fact it was', () => {
    expect(createLineIds('dev', 'ecom.csv.gz').next('one line')).toBe('7473705a-e547-55b7-871d-bba41acbae2d')
  })

  it('counts right beyond many growths of its table', () => {
    const source = createLineIds('dev', 'f')
    const seen = new Set<string>()
    for (let line = 0; line < 30_000; line++) seen.add(source.next(String(line % 10_000)))
    expect(seen.size).toBe(30_000)
  })
})

describe('openFile', () => {
  it('reads NDJSON with line numbers, blank lines not counted as rows, bad lines as problems', async () => {
    const rows = await rowsOf('a.ndjson', '{"a":1}\n\nnot json\r\n[1]\n{"b":2}', 'ndjson')
    expect(rows.map(({ line, fields, problem }) => [line, fields, problem])).toEqual([
      [1, { a: 1 }, undefined],
      [3, null, 'the line is no JSON'],
      [4, null, 'the line is no JSON object'],
      [5, { b: 2 }, undefined],
    ])
  })

  it('reads CSV with quotes, line breaks inside, a BOM and rows of another length', async () => {
    const rows = await rowsOf('a.csv', '\uFEFFid,text\r\n1,"a ""b""\nc"\r\n2\r\n3,d\r\n', 'csv')
    expect(rows.map(({ line, fields }) => [line, fields])).toEqual([
      [2, { id: '1', text: 'a "b"\nc' }],
      [4, null],
      [5, { id: '3', text: 'd' }],
    ])
  })

  it('reads .gz, and throws on a broken one', async () => {
    const packed = gzipSync('{"a":1}\n{"a":2}\n')
    expect(await rowsOf('a.ndjson.gz', packed, 'ndjson')).toHaveLength(2)
    await expect(rowsOf('b.ndjson.gz', packed.subarray(0, -12), 'ndjson')).rejects.toThrow()
    await expect(rowsOf('b.csv.gz', Buffer.from('no gzip'), 'csv')).rejects.toThrow()
  })
})

describe('mapping', () => {
  const flags = {
    map: ['user_id=who', 'event=what', 'traits.plan=plan'],
    property: ['colour', 'size=w'],
    number: ['w'],
    type: 'track',
  }
  const row = { who: 'u1', what: 'Bought', plan: '', colour: 'red', w: '42', session_id: 's', other: 'x' }
  const encode = (fields: Record<string, unknown>, mapping = readMapping(flags)) =>
    encodeRow(
      { line: 2, content: '', fields },
      { format: 'csv', mapping: withColumnsOfFile(mapping, Object.keys(row)), project: 'dev', lineId: 'ID' },
    )

  it('takes mapped columns, columns named like a field, numbers where asked, and nothing else', () => {
    expect(JSON.parse((encode(row) as { json: string }).json)).toEqual({
      user_id: 'u1',
      event: 'Bought',
      properties: { colour: 'red', size: 42 },
      session_id: 's',
      type: 'track',
      event_id: 'ID',
    })
  })

  it('keeps a UUID as the id and makes one of any other text', () => {
    const mapping = readMapping({ ...flags, map: ['event_id=who'] })
    const id = (who: string) =>
      (JSON.parse((encode({ who }, mapping) as { json: string }).json) as { event_id: string }).event_id
    expect(id('0190b0a0-0000-7000-8000-000000000001')).toBe('0190b0a0-0000-7000-8000-000000000001')
    expect(parseUuid(id('order-1'))).not.toBeNull()
    expect(id('order-1')).toBe(id('order-1'))
    expect(id('order-1')).not.toBe(id('order-2'))
  })

  it.each([['color=x'], ['properties=x'], ['user_id'], ['user_id='], ['user.id=x']])(
    'refuses --map %s',
    (map) => {
      expect(() => readMapping({ map: [map], type: 'track' })).toThrow('--map')
    },
  )

  it('refuses a column that the file does not have', () => {
    expect(() => withColumnsOfFile(readMapping(flags), ['who'])).toThrow('no column what, plan, colour, w')
  })

  it('refuses an event that is too large here, so that its neighbours are not held up', () => {
    expect(encode({ who: 'x'.repeat(40_000) })).toMatchObject({ line: 2, code: 'event_too_large' })
  })
})

describe('NDJSON rows', () => {
  const encode = (content: string) => {
    const row = { line: 1, content, fields: JSON.parse(content) as Record<string, unknown> }
    const context = {
      format: 'ndjson' as const,
      mapping: readMapping({ type: 'track' }),
      project: 'dev',
      lineId: 'ID',
    }
    return (encodeRow(row, context) as { json: string }).json
  }

  it('keeps the text of a complete line as it is', () => {
    const line =
      '{"event_id":"x","type":"page","user_id":"u","properties":{"n":12345678901234567890,"e":1.0}}'
    expect(encode(line)).toBe(line)
  })

  it('adds an id and a type in front, keeping long numbers', () => {
    expect(encode('{"n":12345678901234567890}')).toBe(
      '{"event_id":"ID","type":"track","n":12345678901234567890}',
    )
    expect(encode('{}')).toBe('{"event_id":"ID","type":"track"}')
  })

  it('replaces a null id and a time without a zone', () => {
    expect(JSON.parse(encode('{"event_id":null,"type":"track","timestamp":"2024-01-02 03:04:05"}'))).toEqual({
      event_id: 'ID',
      type: 'track',
      timestamp: '2024-01-02T03:04:05Z',
    })
  })
})

describe('toBatches', () => {
  it('covers every row once, in order, refused ones included, within the limits', async () => {
    const rows = Array.from({ length: 2_345 }, (_, index) =>
      index % 100 === 7
        ? { line: index, code: 'x', message: 'm' }
        : { line: index, json: `"${'y'.repeat(index)}"` },
    )
    let at = 5
    let events = 0
    // eslint-disable-next-line @typescript-eslint/require-await
    const source = (async function* () {
      yield* rows
    })()
    for await (const batch of toBatches(source, 5)) {
      expect(batch.afterRow).toBe(at)
      expect(batch.throughRow - batch.afterRow).toBe(batch.events.length + batch.refused.length)
      expect(Buffer.byteLength(batch.events.join(','))).toBeLessThan(1_100_000)
      at = batch.throughRow
      events += batch.events.length
    }
    expect(at).toBe(5 + rows.length)
    expect(events).toBe(rows.filter((row) => 'json' in row).length)
  })
})

describe('createInOrder', () => {
  it('takes results without a gap, whatever the order they come in', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (order) => {
        const taken: number[] = []
        const inOrder = createInOrder<number>(0, (result) => taken.push(result))
        order.forEach((part, count) => {
          inOrder.add(part, part + 1, part)
          const gap = [0, 1, 2, 3, 4, 5].findIndex((wanted) => !order.slice(0, count + 1).includes(wanted))
          expect(taken).toEqual([0, 1, 2, 3, 4, 5].slice(0, gap === -1 ? 6 : gap))
        })
      }),
    )
  })
})

describe('openCheckpoint', () => {
  const progress = { rows: 10, accepted: 9, refusedCount: 1, refused: [{ line: 3, code: 'c', message: 'm' }] }

  it('is found again for the same file and meaning, and for no other', () => {
    const file = join(directory, 'c.csv')
    writeFileSync(file, 'a')
    openCheckpoint(file, ['dev']).save(progress)
    expect(openCheckpoint(file, ['dev']).load()).toEqual(progress)
    expect(openCheckpoint(file, ['other']).load()).toBeNull()
    openCheckpoint(file, ['dev']).remove()
    expect(openCheckpoint(file, ['dev']).load()).toBeNull()
  })

  it('is worthless when it is cut off or the file changed', () => {
    const file = join(directory, 'd.csv')
    writeFileSync(file, 'a')
    openCheckpoint(file, []).save(progress)
    writeFileSync(file, 'ab')
    expect(openCheckpoint(file, []).load()).toBeNull()
    openCheckpoint(file, []).save(progress)
    writeFileSync(`${file}.penstock-import.json`, '{"fingerp')
    expect(openCheckpoint(file, []).load()).toBeNull()
  })
})
