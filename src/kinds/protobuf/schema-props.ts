import { block, fields, type Codec } from './value.ts';

/**
 * JSONSchemaProps or something else: three types of apiextensions/v1 whose JSON is the one or the other, and whose
 * message has a field for each. `A`: an array of them; `B`: a bool; `S`: an array of strings.
 */
export function schemaPropsOr(letter: string, schemaProps: () => Codec): Codec {
  let props: Codec | undefined;
  const schema = (): Codec => (props ??= schemaProps());
  return {
    wireType: 2,
    write: (writer, value) =>
      block(writer, () => {
        const isSchema = typeof value === 'object' && value !== null && !Array.isArray(value);
        if (letter === 'B') {
          if (isSchema) {
            schema().write(writer, value);
            writer.varint(0x12);
          }
          writer.varint(value === true || isSchema ? 1 : 0);
          writer.varint(0x08);
          return;
        }
        if (isSchema) {
          schema().write(writer, value);
          writer.varint(0x0a);
        } else if (Array.isArray(value)) {
          for (let i = value.length - 1; i >= 0; i--) {
            if (letter === 'A') schema().write(writer, value[i]);
            else writer.string(String(value[i]));
            writer.varint(0x12);
          }
        }
      }),
    read: (reader) =>
      reader.nested(() => {
        let allows = false;
        let one: unknown;
        const list: unknown[] = [];
        fields(reader, (number, wireType) => {
          if (letter === 'B' && number === 1 && wireType === 0) allows = reader.varint() !== 0;
          else if (number === (letter === 'B' ? 2 : 1) && wireType === 2) one = schema().read(reader);
          else if (letter !== 'B' && number === 2 && wireType === 2)
            list.push(letter === 'A' ? schema().read(reader) : reader.string());
          else return false;
          return true;
        });
        if (letter === 'B') return one ?? allows;
        return list.length ? list : (one ?? (letter === 'A' ? null : []));
      }),
    zero: null,
    omits: false,
  };
}
