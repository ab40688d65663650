import Networks

extension TokenizedPrompt {
  /// The beginning of a token's word as the prompt has it; empty for start, end and padding.
  func shortWord(of token: Token) -> String {
    token.word.map { prompt[words[$0].range].beginning() } ?? ""
  }
}

extension StringProtocol {
  /// The first 60 code points, with … for the rest. A word may be as long as a prompt, and stands beside
  /// each of its tokens: whole, it would cost the square of its length.
  func beginning() -> String {
    let cut = unicodeScalars.index(startIndex, offsetBy: 60, limitedBy: endIndex) ?? endIndex
    return String(self[..<cut]) + (cut == endIndex ? "" : "…")
  }
}
