import { Type } from 'typebox'

export const LiveSchema = Type.Object({ status: Type.Literal('live') })

const Check = Type.Object({ ok: Type.Boolean(), detail: Type.Optional(Type.String()) })

/** 200, or 503 with the failing part named. */
export const ReadySchema = Type.Object({
  status: Type.Enum(['ready', 'not_ready']),
  checks: Type.Record(Type.String(), Check),
})
