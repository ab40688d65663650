import Diagnostics

/// A model that cannot make pictures from prompts.
public enum ModelError: PersonFacingError, Equatable {
  /// A part that is needed and not there; `remedy` says what would help.
  case missingPart(model: String, part: String, remedy: String)
  /// Parts that do not fit together.
  case misfit(model: String, what: String, expected: String, found: String)

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// The model, what is wrong with it and what would help, in one line.
  public var description: String {
    switch self {
    case .missingPart(let model, let part, let remedy): "\(model): \(part) is missing: \(remedy)"
    case .misfit(let model, let what, let expected, let found):
      "\(model): \(what): expected \(expected), found \(found)"
    }
  }
}

/// A picture that cannot be made as it was asked for.
public enum GenerationError: PersonFacingError, Equatable {
  /// A height or width that the model has no latent for.
  case size(parameter: String, value: Int, factor: Int)
  /// A height or width beyond what is accepted, in pixels.
  case tooLarge(parameter: String, value: Int, limit: Int)
  /// A guidance scale that is not finite.
  case guidanceScale(Double)
  /// More layers to skip than the text encoder has, or fewer than none.
  case clipSkip(Int, layers: Int)
  /// A strength with no picture to begin from.
  case strengthWithoutImage
  /// A mask with no picture that it could be of.
  case maskWithoutImage
  /// The outside of a mask to be put back where there is none.
  case pasteWithoutMask
  /// The strength leaves no step to make.
  case noSteps(strength: Double, steps: Int)
  /// A picture whose size is not the one asked for.
  case imageSize(parameter: String, expected: [Int], found: [Int])
  /// A mask that leaves nothing to change.
  case emptyMask
  /// A model for inpainting that was given no mask.
  case needsMask(model: String)
  /// A model that changes pictures and was given none.
  case needsPicture(model: String)
  /// What a model that changes a picture has no use for, or only it has.
  case editing(parameter: String, model: String, isForEditing: Bool)

  /// Usage, 64.
  public var exitStatus: ExitStatus { .usage }

  /// The parameter, what was expected and what was found, in one line.
  public var description: String {
    switch self {
    case .size(let parameter, let value, let factor):
      "`\(parameter)`: expected a multiple of \(factor), found \(value); try "
        + (value > factor ? "\(value / factor * factor) or " : "")
        + "\((max(value, 0) / factor + 1) * factor)"
    case .tooLarge(let parameter, let value, let limit):
      "`\(parameter)`: expected at most \(limit), found \(value)"
    case .guidanceScale(let scale):
      "`guidanceScale`: expected a finite number, found \(scale)"
    case .clipSkip(let count, let layers):
      "`clipSkip`: expected 0 to \(layers), as many layers as the text encoder has, found \(count)"
    case .strengthWithoutImage:
      "`strength`: says how much of a picture to change: name the picture with `initialImage`"
    case .maskWithoutImage:
      "`mask`: says which part of a picture to repaint: name the picture with `initialImage`"
    case .pasteWithoutMask:
      "`pastesBack`: puts back what lies outside a mask: name the mask with `mask`"
    case .noSteps(let strength, let steps):
      "`strength`: \(strength) of \(steps) steps leaves none to make: expected at least "
        + "\(1 / Double(steps))"
    case .imageSize(let parameter, let expected, let found):
      "`\(parameter)`: expected a picture of \(expected[1])×\(expected[0]), found "
        + "\(found[1])×\(found[0])"
    case .emptyMask:
      "`mask`: nothing to repaint: expected white where the picture may change, found black alone"
    case .needsMask(let model):
      "\(model) is an inpainting model: it needs a picture (`initialImage`) and a mask (`mask`)"
    case .needsPicture(let model):
      "\(model) changes pictures as a prompt says: it needs one (`initialImage` of text-to-image)"
    case .editing(let parameter, let model, let isForEditing):
      isForEditing
        ? "`\(parameter)`: \(model) changes a picture as the prompt says, from pure noise and everywhere: "
          + "`imageGuidanceScale` says how near it stays"
        : "`\(parameter)`: is for models that change a picture as a prompt says (InstructPix2Pix), with "
          + "twice the latent's channels; \(model) is none"
    }
  }
}
