import ArgumentParser

// The parser leaves the default of an option with a `transform` out of its help: decimal numbers
// are declared here, and their help ends with the very value that the property begins with.

extension Option where Value == Double {
  /// An option for a decimal number.
  ///
  ///     @Option(decimal: "The highest learning rate.", valueName: "rate") var learningRate = 1e-3
  /// - Parameters:
  ///   - wrappedValue: the default.
  ///   - help: what it is for, in sentences.
  ///   - valueName: what its value is called in the help.
  public init(wrappedValue: Double, decimal help: String, valueName: String) {
    self.init(
      wrappedValue: wrappedValue, parsing: .unconditional,
      help: ArgumentHelp(
        "\(help) (default: \(Values.text(wrappedValue)))", valueName: valueName),
      transform: Values.number)
  }
}

extension Option where Value == Double? {
  /// An option for a decimal number that the command settles where it is left out.
  /// - Parameters:
  ///   - help: what it is for, in sentences.
  ///   - valueName: what its value is called in the help.
  ///   - words: what is taken where it is left out; a number of the code as `Values.text` says it.
  public init(decimal help: String, valueName: String, default words: String) {
    self.init(
      parsing: .unconditional,
      help: ArgumentHelp("\(help) (default: \(words))", valueName: valueName),
      transform: Values.number)
  }
}
