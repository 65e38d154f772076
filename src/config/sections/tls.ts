import * as z from 'zod';
import { fileName, setting } from '../setting.ts';

/** The certificate of HTTPS, WSS and RTMPS. */
export const tlsSection = z
  .strictObject({
    cert: setting(
      fileName(z.string().default('')),
      'File (PEM) with the certificate and, below it, those of its issuers: certbot’s `fullchain.pem`. With it, HTTPS and RTMPS are there too.',
    ),
    key: setting(
      fileName(z.string().default('')),
      'File (PEM) with its key, without a passphrase: certbot’s `privkey.pem`; empty: the key is in the file of `cert`. Both files are read again when they change.',
    ),
    selfSigned: setting(
      z.boolean().default(false),
      'Make a certificate for this machine’s own name and addresses instead, for trying out: everybody is warned of it. It is kept in the data directory.',
    ),
  })
  .prefault({});
