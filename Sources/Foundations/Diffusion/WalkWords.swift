extension WalkSettings {
  /// Where the walk stops and how much fresh noise is chosen for it, in a few words: "karras sigmas between
  /// those of leading timesteps"; nil where there is nothing to say.
  public var words: String? {
    let spread = sigmas.flatMap { $0 == .timesteps ? nil : "\($0.rawValue) sigmas" }
    let stops = spacing.map { "\($0.rawValue) timesteps" }
    var words = [spread, stops].compactMap(\.self).joined(separator: " between those of ")
    if let eta, eta > 0 { words += (words.isEmpty ? "" : ", ") + "η = \(eta)" }
    return words.isEmpty ? nil : words
  }
}
