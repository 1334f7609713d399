export {
  CHUNK_EVENT_HEAD_BYTES,
  ChunkBuilder,
  ChunkUnreadableError,
  ROADS,
  chunkEventBytes,
  decodeChunk,
} from './chunk.ts'
export type { ChunkEvent, PackedEvent, Road } from './chunk.ts'
export { partitionOf } from './partition.ts'
