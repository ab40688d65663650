import Tensors

extension LatentDiffusionModel {
  /// The size at which a person's picture is worked on: as asked, or its own in multiples of f, made
  /// smaller when it has more than four times the area that the model knows or a side that is too long.
  public func size(for picture: Tensor, height: Int?, width: Int?) -> (height: Int, width: Int) {
    let f = firstStage.downsamplingFactor
    let own = (height: picture.shape[2], width: picture.shape[3])
    let known = Double(imageSize.height * imageSize.width)
    let area = Double(own.height * own.width)
    let longest = Double(GenerationRequest.longestSide) / Double(max(own.height, own.width))
    let scale = min(area > 4 * known ? (known / area).squareRoot() : 1, longest)
    func side(_ pixels: Int) -> Int { max(Int(Double(pixels) * scale) / f, 1) * f }
    return (height ?? side(own.height), width ?? side(own.width))
  }
}
