/** Of the right type, but not a value that makes sense; Python's, which JavaScript has not. */
export class ValueError extends Error {
  override readonly name = "ValueError";
}
