// What is sent in each measurement.
export const CELLS = [
  { name: '100 gzip, 16 connections', batch: 100, gzip: true, connections: 16, events: 50_000 },
  { name: '500 gzip, 16 connections', batch: 500, gzip: true, connections: 16, events: 100_000 },
  { name: '1 plain, 64 connections', batch: 1, gzip: false, connections: 64, events: 10_000 },
]
