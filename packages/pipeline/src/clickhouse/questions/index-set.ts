// A set of small indexes (periods, names) per actor, in SQL. Up to 64 of them are the bits of one number, which is several
// times faster than an array; more are an array.

export interface IndexSet {
  /** Aggregate: the set of the indexes of the rows for which `condition` holds. */
  collect(index: string, condition: string): string
  /** Aggregate: the union of sets. */
  unite(set: string): string
  /** The set as an array, in no order. */
  toArray(set: string): string
}

const BITS: IndexSet = {
  collect: (index, condition) => `groupBitOrIf(bitShiftLeft(toUInt64(1), ${index}), ${condition})`,
  unite: (set) => `groupBitOr(${set})`,
  toArray: (set) => `bitPositionsToArray(${set})`,
}

const ARRAY: IndexSet = {
  collect: (index, condition) => `groupUniqArrayIf(${index}, ${condition})`,
  unite: (set) => `groupUniqArrayArray(${set})`,
  toArray: (set) => set,
}

export const MAX_BITS = 64

/** @param size - indexes are below it. */
export const indexSet = (size: number): IndexSet => (size <= MAX_BITS ? BITS : ARRAY)
