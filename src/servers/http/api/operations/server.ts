import * as z from 'zod';
import { operation, type Operation } from '../operation.ts';
import { reloadSchema, serverSchema, sessionSchema, settingsSchema } from '../schemas/server.ts';

const group = 'Server';

/** Tokens are of a few dozen characters; JSON Web Tokens, which some people will use, of some thousand. */
const MAX_TOKEN_LENGTH = 8_192;

export const serverOperations: readonly Operation[] = [
  operation({
    id: 'getServer',
    method: 'get',
    path: '/server',
    group,
    summary: 'What this gateway is and where it can be reached.',
    who: 'anyone',
    answer: { status: 200, what: 'The gateway.', schema: serverSchema },
    run: (_call, house) => house.server(),
  }),
  operation({
    id: 'getSettings',
    method: 'get',
    path: '/settings',
    group,
    summary: 'All settings in force; secrets are masked.',
    who: 'operator',
    answer: { status: 200, what: 'The settings.', schema: settingsSchema },
    run: (_call, { parts }) => parts.settings(),
  }),
  operation({
    id: 'reload',
    method: 'post',
    path: '/reload',
    group,
    summary: 'Reads the settings file again, and puts in force what can be without a restart.',
    who: 'operator',
    answer: { status: 200, what: 'What has changed.', schema: reloadSchema },
    refusals: [400, 409, 503],
    run: (_call, { parts }) => parts.reload(),
  }),
  operation({
    id: 'getSession',
    method: 'get',
    path: '/session',
    group,
    summary: 'Whether the caller is known as the operator.',
    who: 'anyone',
    answer: { status: 200, what: 'Who the caller is.', schema: sessionSchema },
    run: ({ caller }) => ({ operator: caller.isOperator, by: caller.by ?? null }),
  }),
  operation({
    id: 'signIn',
    method: 'post',
    path: '/session',
    group,
    summary: 'Signs a browser in: the answer sets a cookie, which then takes the token’s place.',
    who: 'anyone',
    body: z.strictObject({ token: z.string().min(1).max(MAX_TOKEN_LENGTH) }),
    answer: { status: 200, what: 'Signed in.', schema: sessionSchema },
    refusals: [401, 429],
    run: ({ body, request, response }, { operators }) => {
      response.append('Set-Cookie', operators.signIn(body.token, request));
      return { operator: true, by: 'session' as const };
    },
  }),
  operation({
    id: 'signOut',
    method: 'delete',
    path: '/session',
    group,
    summary: 'Signs the browser out.',
    who: 'anyone',
    answer: { status: 204, what: 'Signed out.' },
    run: ({ request, response }, { operators }) => {
      response.append('Set-Cookie', operators.signOut(request));
    },
  }),
  operation({
    id: 'getOpenApi',
    method: 'get',
    path: '/openapi.json',
    group,
    summary: 'This API as an OpenAPI 3.1 document.',
    who: 'anyone',
    answer: { status: 200, what: 'The document.', schema: z.record(z.string(), z.unknown()) },
    run: (_call, house) => house.document() as Record<string, unknown>,
  }),
  operation({
    id: 'getDocs',
    method: 'get',
    path: '/docs',
    group,
    summary: 'This API as a page to read.',
    who: 'anyone',
    answer: { status: 200, what: 'The page.', type: 'text/html' },
    run: ({ response }, house) => {
      response
        .set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
        .type('html')
        .send(house.page());
    },
  }),
];
