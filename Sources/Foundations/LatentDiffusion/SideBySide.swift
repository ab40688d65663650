import Tensors

extension LatentDiffusionModel {
  /// U-Nets with no more parameters are small: their layers are over so soon that threads which share them
  /// wait for one another a third of the time. Larger ones are better read once by all threads.
  private static let smallUNet = 1 << 25

  /// Whether several walks of this model are made side by side, each by one thread.
  package var walksSideBySide: Bool { unet.parameterCount <= Self.smallUNet }

  /// The results of several walks of this model: of a small one side by side, each by one thread.
  /// - Parameters:
  ///   - count: how many.
  ///   - walk: makes one of them; where they are made side by side, called by several threads.
  /// - Throws: what one of them throws.
  package func sideBySide<Value: Sendable, Failure>(
    _ count: Int, _ walk: (Int) throws(Failure) -> Value
  ) throws(Failure) -> [Value] {
    if walksSideBySide { return try Threads.map(count, walk) }
    var values: [Value] = []
    for index in 0..<count { values.append(try walk(index)) }
    return values
  }
}
