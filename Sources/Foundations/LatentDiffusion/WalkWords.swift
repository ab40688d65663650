import Diffusion

extension Generation {
  /// The walk in a few words, the same on every page that draws: "ddim, 20 steps, trailing timesteps,
  /// η = 0.5".
  public var walkWords: String {
    [
      samplerName.rawValue, "\(stepCount) step\(stepCount == 1 ? "" : "s")", walk.words,
    ].compactMap(\.self).joined(separator: ", ")
  }
}
