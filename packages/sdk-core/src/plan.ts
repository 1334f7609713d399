// Typed events without generated code: a plan is a map from event name to the type of its properties, or to the TypeBox
// schema of it. Types only, nothing here exists at run time; TypeBox is read by its shape, so users need not install it.

/** Event name → properties, as a plain type or as a TypeBox `TObject`. `type Plan = typeof plan` of a plan file fits. */
export type EventPlan = Readonly<Record<string, object>>

/** No plan: any name with any properties. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as `Values`
export type AnyPlan = Readonly<Record<string, Readonly<Record<string, any>>>>

/** Names of a plan's events. */
export type EventName<Plan extends EventPlan> = Extract<keyof Plan, string>

/** Properties of one event of a plan. */
export type PropertiesOf<Plan extends EventPlan, Name extends EventName<Plan>> = Plan[Name] extends {
  '~kind': 'Object'
}
  ? StaticOf<Plan[Name]>
  : Plan[Name]

/** Whether the properties may be left out: when none of them is required. */
export type PropertiesArgument<Properties> =
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- whether {} would do
  {} extends Properties ? { properties?: Properties } : { properties: Properties }

/** The type a TypeBox schema describes: objects, arrays, tuples, records, unions, literals, enums and the scalar kinds. */
export type StaticOf<Schema> = Schema extends { '~unsafe': infer Type }
  ? Type
  : Schema extends { '~kind': infer Kind }
    ? Kind extends 'Object'
      ? Schema extends { properties: infer Properties }
        ? StaticProperties<Properties>
        : never
      : Kind extends 'Array'
        ? Schema extends { items: infer Items }
          ? StaticOf<Items>[]
          : never
        : Kind extends 'Tuple'
          ? Schema extends { items: infer Items extends readonly unknown[] }
            ? { -readonly [Index in keyof Items]: StaticOf<Items[Index]> }
            : never
          : Kind extends 'Record'
            ? Schema extends { patternProperties: infer Patterns }
              ? Record<string, StaticOf<Patterns[keyof Patterns]>>
              : never
            : Kind extends 'Union'
              ? Schema extends { anyOf: infer Options extends readonly unknown[] }
                ? StaticOf<Options[number]>
                : never
              : Kind extends 'Intersect'
                ? Schema extends { allOf: infer Parts extends readonly unknown[] }
                  ? StaticAll<Parts>
                  : never
                : Kind extends 'Enum'
                  ? Schema extends { enum: infer Values extends readonly unknown[] }
                    ? Values[number]
                    : never
                  : Kind extends 'Literal'
                    ? Schema extends { const: infer Value }
                      ? Value
                      : never
                    : Kind extends keyof Scalars
                      ? Scalars[Kind]
                      : unknown
    : unknown

interface Scalars {
  String: string
  TemplateLiteral: string
  Number: number
  Integer: number
  Boolean: boolean
  Null: null
  Never: never
}

type OptionalKeys<Properties> = {
  [Key in keyof Properties]: Properties[Key] extends { '~optional': true } ? Key : never
}[keyof Properties]

type StaticProperties<Properties> = {
  [Key in Exclude<keyof Properties, OptionalKeys<Properties>>]: StaticOf<Properties[Key]>
} & { [Key in OptionalKeys<Properties>]?: StaticOf<Properties[Key]> } extends infer Result
  ? { [Key in keyof Result]: Result[Key] }
  : never

type StaticAll<Parts extends readonly unknown[]> = Parts extends readonly [infer First, ...infer Rest]
  ? StaticAll<Rest> & StaticOf<First>
  : unknown
