/** What the fast reader leaves to the package: anchors, tags, complex keys, and all that is wrong. `at` is its index. */
export class NotPlain extends Error {
  constructor(readonly at: number) {
    super('not plain');
  }
}
