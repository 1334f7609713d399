export { CHUNK_EVENT_HEAD_BYTES, ChunkBuilder, ChunkUnreadableError, ROADS, decodeChunk } from './chunk.ts'
export type { ChunkEvent, Road } from './chunk.ts'
export { partitionOf } from './partition.ts'
