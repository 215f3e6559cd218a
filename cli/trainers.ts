/** Trainers that this installation has, by name: what recipes may ask for. */
export const TRAINERS: Readonly<Record<string, { readonly version: string }>> = { onnx: { version: '1' } };
