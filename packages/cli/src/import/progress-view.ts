// What one sees while a file is imported: a bar on a terminal, a line now and then elsewhere.
import cliProgress from 'cli-progress'

const LINE_INTERVAL_MS = 10_000

export interface ProgressView {
  update(bytesRead: number, accepted: number, refused: number): void
  stop(): void
}

/** To standard error, so that the summary can be piped. */
export function createProgressView(fileBytes: number): ProgressView {
  return process.stderr.isTTY ? barView(fileBytes) : lineView(fileBytes)
}

function barView(fileBytes: number): ProgressView {
  const bar = new cliProgress.SingleBar({
    format: '{bar} {percentage}% | {accepted} accepted, {refused} refused | {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    stream: process.stderr,
  })
  bar.start(fileBytes, 0, { accepted: 0, refused: 0 })
  return {
    update: (bytesRead, accepted, refused) => bar.update(bytesRead, { accepted, refused }),
    stop: () => bar.stop(),
  }
}

function lineView(fileBytes: number): ProgressView {
  let writtenAt = performance.now()
  return {
    update(bytesRead, accepted, refused) {
      if (performance.now() - writtenAt < LINE_INTERVAL_MS) return
      writtenAt = performance.now()
      const percent = Math.floor((bytesRead / Math.max(1, fileBytes)) * 100)
      process.stderr.write(`${percent}% read, ${accepted} accepted, ${refused} refused\n`)
    },
    stop: () => undefined,
  }
}
