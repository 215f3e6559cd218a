/** Refusals in the shape of OpenAI's API, which clients know how to read. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

interface Details {
  readonly type?: string;
  readonly param?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class ApiError extends Error {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: ContentfulStatusCode,
    message: string,
    private readonly details: Details = {},
  ) {
    super(message);
    this.headers = details.headers ?? {};
  }

  body(): ErrorBody {
    const { type = 'invalid_request_error', param = null, code = null } = this.details;
    return { error: { message: this.message, type, param, code } };
  }
}

export const badRequest = (message: string, param?: string): ApiError =>
  new ApiError(400, message, param === undefined ? {} : { param });
