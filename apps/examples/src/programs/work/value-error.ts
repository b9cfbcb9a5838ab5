/** Python's `ValueError`, which JavaScript does not have: the type is right, but the value is not. */
export class ValueError extends Error {
  override readonly name = "ValueError";
}
