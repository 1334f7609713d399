import { CommandError } from './command-error.ts'
import { EXIT } from './exit-code.ts'

/** The number of a flag. Throws `CommandError` (64) when it is none or out of bounds. Whole numbers unless `fraction`. */
export function readCount(
  flag: string,
  text: string,
  { min, max, fraction = false }: { min: number; max: number; fraction?: boolean },
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= min && value <= max && (fraction || Number.isInteger(value))) return value
  throw new CommandError(
    EXIT.usage,
    `${flag} must be a ${fraction ? '' : 'whole '}number from ${min} to ${max}; it is ${JSON.stringify(text)}`,
  )
}
