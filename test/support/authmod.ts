import { createHash } from 'node:crypto';
import { AmfObject } from '../../src/amf/value.ts';
import { asNumber, asString, member } from '../../src/protocols/rtmp/session/command.ts';
import type { CommandTable } from '../../src/protocols/rtmp/session/command-context.ts';
import { connectionCommands } from '../../src/protocols/rtmp/session/connection-commands.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('base64');
const SALT = 's4lt+/==';
const OPAQUE = '0paque==';

/** `connect` as servers with Adobe's way to log in answer it: to `user` with `password`, after three tries. */
export function adobeLogin(user: string, password: string): { commands: CommandTable; asked: string[] } {
  const asked: string[] = [];
  const [, connect] = connectionCommands.find(([name]) => name === 'connect')!;
  const verdict = (query: Map<string, string>): string | undefined => {
    if (query.get('authmod') !== 'adobe')
      return '[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ';
    if (query.get('user') !== user)
      return '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=nosuchuser';
    const response = query.get('response');
    if (response === undefined)
      return `[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=${user}&salt=${SALT}&challenge=ch4ll&opaque=${OPAQUE}`;
    const right = md5(md5(user + SALT + password) + OPAQUE + (query.get('challenge') ?? ''));
    return response === right && query.get('opaque') === OPAQUE
      ? undefined
      : '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=x';
  };
  return {
    asked,
    commands: [
      [
        'connect',
        (context, command) => {
          const app = asString(member(command.object, 'app'));
          asked.push(app);
          const [, query = ''] = app.split('?');
          const parameters = query.split('&').map((one): [string, string] => {
            const equals = one.indexOf('=');
            return [one.slice(0, equals), one.slice(equals + 1)];
          });
          const refusal = verdict(new Map(parameters));
          if (refusal === undefined) return connect(context, command);
          const info = AmfObject.of({
            level: 'error',
            code: 'NetConnection.Connect.Rejected',
            description: refusal,
          });
          context.out.call('_error', asNumber(command.transactionId, 1), null, info);
        },
      ],
    ],
  };
}
