import Foundation

/// An argument as a POSIX shell takes it back, in quotes where it needs them.
public func shellQuoted(_ argument: String) -> String {
  if !argument.isEmpty && argument.unicodeScalars.allSatisfy(plain.contains) { return argument }
  return "'" + argument.replacingOccurrences(of: "'", with: "'\\''") + "'"
}

private let plain = CharacterSet(
  charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%^")
