import Checkpoints
import Networks
import Tensors

/// What the U-Net hears: a prompt, and the prompt that guidance leads away from.
public struct EncodedPrompts: Sendable {
  /// The tokens of the prompt; `truncationNotice` says what did not fit.
  public let conditionalTokens: TokenizedPrompt
  /// The tokens of the negative prompt, which is empty unless there is one.
  public let unconditionalTokens: TokenizedPrompt
  /// τ_θ(y), shape [1, 77, D]; of a prompt in several sequences, as many times 77.
  public fileprivate(set) var conditional: Tensor
  /// τ_θ of the negative prompt, same shape.
  public let unconditional: Tensor

  /// How much each token of the prompt counts, where its marks are read; nil otherwise.
  public internal(set) var weights: [Double]?

  /// - Precondition: both τ_θ have the same shape.
  public init(
    conditionalTokens: TokenizedPrompt, unconditionalTokens: TokenizedPrompt, conditional: Tensor,
    unconditional: Tensor
  ) {
    precondition(
      conditional.shape == unconditional.shape,
      "prompts of \(conditional.shape) and \(unconditional.shape)")
    self.conditionalTokens = conditionalTokens
    self.unconditionalTokens = unconditionalTokens
    self.conditional = conditional
    self.unconditional = unconditional
  }

  /// One line for each prompt that lost some of its text.
  public var truncationNotices: [String] {
    let ofPrompt = conditionalTokens.truncationNotice
    let ofNegative = unconditionalTokens.truncationNotice.map { "negative prompt: " + $0 }
    return [ofPrompt, ofNegative].compactMap(\.self)
  }

  /// How many sequences the text encoder reads for each prompt, and how long they are, in words; nil for
  /// one alone.
  public var sequenceWords: String? {
    let all = conditionalTokens.tokens
    let count = all.count { $0.role == .start }
    guard count > 1 else { return nil }
    return "The text encoder reads \(count) sequences for each prompt, one by one: each is "
      + "\(all.count / count) tokens with a start, an end and padding of its own, and together they are "
      + "\(all.count). A shorter prompt is filled up with empty ones."
  }
}

extension LatentDiffusionModel {
  /// What a person may not expect of their prompts and of the model's parts, one line each: what was cut
  /// off, which words the model never met, and whether another's latents are decoded.
  public func notices(for prompts: EncodedPrompts) -> [String] {
    let tokens = [prompts.conditionalTokens, prompts.unconditionalTokens]
    // A model that says which words it met says the same of the marks.
    let marks = trainedWords.words.isEmpty ? tokens.compactMap(\.quotationNotice).first : nil
    return prompts.truncationNotices
      + [
        marks, trainedWords.notice(for: tokens), learnedWords.notice(for: tokens),
        otherFirstStage?.notice,
      ].compactMap(\.self)
  }

  /// Encodes a prompt and a negative prompt, each cut or padded to what the model takes.
  /// - Parameters:
  ///   - prompt: what the picture should show.
  ///   - negativePrompt: what guidance leads away from.
  ///   - skipped: how many of the text encoder's last layers are left out for the prompt. The negative
  ///     prompt passes all of them, as in diffusers 0.42.1's `encode_prompt`.
  public func encode(
    prompt: String, negativePrompt: String = "", skippingLast skipped: Int = 0
  ) -> EncodedPrompts {
    let tokens = (tokenizer.tokenize(prompt), tokenizer.tokenize(negativePrompt))
    let features =
      skipped == 0
      ? textEncoder([tokens.0.ids, tokens.1.ids])
      : .concatenated(
        [textEncoder([tokens.0.ids], skippingLast: skipped), textEncoder([tokens.1.ids])],
        along: 0)
    // A whole denoising loop follows.
    textEncoder.discardPages()
    return EncodedPrompts(
      conditionalTokens: tokens.0, unconditionalTokens: tokens.1,
      conditional: features.rows(0..<1), unconditional: features.rows(1..<2))
  }

  /// Encodes both prompts with their marks read. The shorter of two long ones is filled up with empty
  /// sequences.
  /// - Parameters:
  ///   - prompt: what the picture should show.
  ///   - negativePrompt: what guidance leads away from.
  ///   - reading: which marks are read, and what becomes of a long prompt.
  ///   - skipped: how many of the text encoder's last layers are left out: for both prompts, as the
  ///     programs do whose marks are read; where none are, as `encode(prompt:negativePrompt:)` says.
  ///   - changed: what becomes of the prompt's text between its marks.
  /// - Throws: `PromptMarkError`.
  public func encode(
    prompt: String, negativePrompt: String, reading: PromptReading, skippingLast skipped: Int = 0,
    changed: (String) -> String = { $0 }
  ) throws(PromptMarkError) -> EncodedPrompts {
    guard reading != PromptReading() else {
      return encode(prompt: changed(prompt), negativePrompt: negativePrompt, skippingLast: skipped)
    }
    var (conditional, unconditional) = (
      try tokenizer.read(prompt, as: reading, changed: changed),
      try tokenizer.read(negativePrompt, as: reading)
    )
    let count = max(conditional.chunkCount, unconditional.chunkCount)
    (conditional, unconditional) = (
      tokenizer.filled(conditional, to: count), tokenizer.filled(unconditional, to: count)
    )
    var prompts = EncodedPrompts(
      conditionalTokens: conditional.tokens, unconditionalTokens: unconditional.tokens,
      conditional: textEncoder(conditional, tokenizer, skippingLast: skipped),
      unconditional: textEncoder(unconditional, tokenizer, skippingLast: skipped))
    if conditional.isWeighted { prompts.weights = conditional.weights }
    return prompts
  }
}

extension Generation {
  /// Its prompts, encoded while no token but themselves listens to some tokens of the prompt: what
  /// stands behind a word would carry it on.
  /// - Parameter places: of the tokens, counted over all sequences.
  /// - Throws: `PromptMarkError`.
  public func prompts(hiding places: Set<Int>) throws(PromptMarkError) -> EncodedPrompts {
    let read = try model.tokenizer.read(request.prompt, as: request.reading)
    var copy = prompts
    copy.conditional = model.textEncoder(
      model.tokenizer.filled(
        read, to: prompts.conditionalTokens.tokens.count / model.tokenizer.modelMaxLength),
      model.tokenizer, skippingLast: request.clipSkip, hiding: places)
    return copy
  }
}
