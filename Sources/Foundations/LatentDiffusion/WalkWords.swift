import Diffusion

extension Generation {
  /// Where the walk stops and how much fresh noise is chosen for it, in a few words: "karras sigmas between
  /// those of leading timesteps"; nil where there is nothing to choose.
  public var walkWords: String? {
    let spread = walk.sigmas.flatMap { $0 == .timesteps ? nil : "\($0.rawValue) sigmas" }
    let spacing = walk.spacing.map { "\($0.rawValue) timesteps" }
    var words = [spread, spacing].compactMap(\.self).joined(separator: " between those of ")
    if let eta = walk.eta, eta > 0 { words += (words.isEmpty ? "" : ", ") + "η = \(eta)" }
    return words.isEmpty ? nil : words
  }
}
