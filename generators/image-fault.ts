/** Why an image cannot be asked about. Its row is unknown (`bad_image`), never wrong. */

export const IMAGE_FAULTS = {
  missing: 'there is no such file',
  outside: 'the path leaves the image folder',
  not_a_file: 'it is no plain file',
  empty: 'the file is empty',
  too_many_bytes: 'the file is larger than allowed',
  not_an_image: 'it is no PNG, JPEG, WebP or GIF',
  damaged: 'it cannot be decoded to its end',
  too_many_pixels: 'it has more pixels than allowed',
  other_bytes: 'its bytes are not those that were named',
  refused: 'the worker does not allow fetching it',
  unreachable: 'it could not be fetched',
} as const;
export type ImageFaultReason = keyof typeof IMAGE_FAULTS;

export class ImageFault extends Error {
  override readonly name = 'ImageFault';
  constructor(
    readonly reason: ImageFaultReason,
    /** Which one: its path or URL, and more where there is more to say. */
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(`${what}: ${IMAGE_FAULTS[reason]}`, options);
  }
}
