import Diffusion

extension Generation {
  /// Where the walk stops and how much fresh noise is chosen for it, in a few words: "karras sigmas between
  /// those of leading timesteps"; nil where there is nothing to choose.
  public var walkWords: String? {
    guard let name = samplerName,
      let settings = try? model.scheduler.settings(of: name, given: request.walk)
    else { return nil }
    let spread = settings.sigmas.flatMap { $0 == .timesteps ? nil : "\($0.rawValue) sigmas" }
    let spacing = settings.spacing.map { "\($0.rawValue) timesteps" }
    var words = [spread, spacing].compactMap(\.self).joined(separator: " between those of ")
    if let eta = settings.eta, eta > 0 { words += (words.isEmpty ? "" : ", ") + "η = \(eta)" }
    return words.isEmpty ? nil : words
  }
}
