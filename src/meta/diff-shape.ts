/** What a comparison asks of a type; kinds' schemas are of this form. */
export interface Shape {
  readonly type: string;
  /** of structs, by JSON name */
  readonly fields?: ReadonlyMap<string, ShapeField>;
  /** of maps */
  readonly value?: Shape;
  /** of lists */
  readonly item?: Shape;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly keys?: readonly string[];
}
export interface ShapeField {
  readonly schema: Shape;
  readonly patchMergeKey?: string;
}

/** The type of a value, and the merge key that its field says. */
export interface At {
  schema: Shape | undefined;
  mergeKey?: string | undefined;
}

/** The type of a field of a struct or map. */
export function fieldOf({ schema }: At, key: string): At {
  const field = schema?.fields?.get(key);
  return field ? { schema: field.schema, mergeKey: field.patchMergeKey } : { schema: schema?.value };
}
