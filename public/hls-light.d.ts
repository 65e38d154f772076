/** The light build has the types of the whole one, and fewer parts. */
declare module 'hls.js/light' {
  export { default } from 'hls.js';
}
