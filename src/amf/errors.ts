/** What is wrong with a piece of AMF; stable, to be counted and searched for. */
export type AmfErrorCode =
  'AMF_TRUNCATED' | 'AMF_MARKER' | 'AMF_DEPTH' | 'AMF_ELEMENTS' | 'AMF_REFERENCE' | 'AMF_TOO_LONG';

/** Bytes that are not AMF0 as we accept it, or a value that AMF0 cannot carry. */
export class AmfError extends Error {
  override readonly name = 'AmfError';
  readonly code: AmfErrorCode;

  constructor(code: AmfErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
