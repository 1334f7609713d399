// What the SDK may have to say, by code. The sentences stand apart in `describeWarning`, so that a bundle that prints only
// codes does not carry them.

export type WarningCode =
  | 'option_unknown'
  | 'option_type'
  | 'option_clamped'
  | 'value_changed'
  | 'event_too_large'
  | 'queue_full'
  | 'callback_failed'
  | 'key_refused'
  | 'batch_refused'
  | 'events_refused'
  | 'closed'
  | 'store_failed'
  | 'unsent_at_exit'

const SENTENCES: Record<WarningCode, string> = {
  option_unknown: 'There is no such option; it is ignored:',
  option_type: 'This option has the wrong type; its default is used:',
  option_clamped: 'This option is outside its bounds; the nearest bound is used:',
  value_changed: 'A value that JSON cannot carry was changed or left out:',
  event_too_large: 'An event is larger than 32 KiB and was dropped:',
  queue_full:
    'The queue is full; events are refused until there is room. Await ready() or raise maxQueueBytes.',
  callback_failed: 'A callback of yours threw; nothing else is affected:',
  key_refused: 'The write key was refused. Events are kept, and it is tried again every 5 minutes:',
  batch_refused: 'The server refused a whole batch; sending it again would not help:',
  events_refused: 'The server refused events; onDrop has each with its code:',
  closed: 'shutdown() was called; later events are dropped.',
  store_failed: 'Events cannot be kept on this device and live in memory only:',
  unsent_at_exit: 'The process ends with events that were not sent:',
}

/** The sentence for a code, with its detail. */
export const describeWarning = (code: WarningCode, detail?: string): string =>
  detail === undefined ? SENTENCES[code] : `${SENTENCES[code]} ${detail}`
