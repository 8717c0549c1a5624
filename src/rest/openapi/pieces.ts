/** A document in the order of its bytes. Between two pieces others may have their turn. */
export type Pieces = Generator<Buffer, void, void>;
