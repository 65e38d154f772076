export type InspectErrorCode =
  | 'NOT_FOUND' //     no such file, or the server said so
  | 'REFUSED' //       nobody listens, the name is unknown, the connection broke before anything came
  | 'HTTP_STATUS' //   the server answered, but not with the thing
  | 'UNREADABLE' //    a folder, no permission
  | 'SCHEME' //        a URL that we do not speak
  | 'TIMEOUT' //       nothing came in time
  | 'NOT_MEDIA' //     a page, JSON, nothing at all
  | 'FORMAT' //        media, but not FLV, MPEG-TS or HLS
  | 'BROKEN' //        began well, and then was no longer what it said it was
  | 'TOO_LARGE'; //    over one of the limits

/** Nothing can be told about this source. The message is one sentence for a person. */
export class InspectError extends Error {
  override readonly name = 'InspectError';
  readonly code: InspectErrorCode;
  /** Of HTTP, where that was what was wrong. */
  readonly status: number | undefined;

  constructor(
    code: InspectErrorCode,
    message: string,
    options?: ErrorOptions & { readonly status?: number },
  ) {
    super(message, options);
    this.code = code;
    this.status = options?.status;
  }
}
