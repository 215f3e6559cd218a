export function hostile(): readonly { readonly name: string; readonly pred: string }[];
