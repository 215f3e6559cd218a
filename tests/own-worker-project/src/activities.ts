/** An activity of this project, beside those of the plugins. */
export async function announce(text: string): Promise<void> {
  console.log(text);
}
