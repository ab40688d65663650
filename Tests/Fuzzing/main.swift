import Diagnostics
import Foundation

// The readers of files that nobody vouches for, under libFuzzer. Outside of the normal build; see run.sh.
//
//     fuzz-readers READER [libFuzzer's own arguments]
//
// libFuzzer changes files so that they reach code which none before reached. A reader may give a result
// or complain to a person in one line; whatever else happens ends the process and leaves the file.

guard CommandLine.argc > 1, let reader = Reader(rawValue: CommandLine.arguments[1]) else {
  print("expected one of \(Reader.allCases.map(\.rawValue).joined(separator: ", "))")
  exit(64)
}
Reader.chosen = reader

/// Reads one file; by the name that libFuzzer's own `main` would look for.
@_cdecl("LLVMFuzzerTestOneInput")
func readOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  Reader.read(UnsafeBufferPointer(start: bytes, count: size))
  return 0
}

/// libFuzzer's loop; ends the process with its own status.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

var arguments = CommandLine.arguments.enumerated().filter { $0.offset != 1 }.map {
  strdup($0.element)
}
arguments.append(nil)
let status = arguments.withUnsafeMutableBufferPointer { list -> CInt in
  guard var first = list.baseAddress else { return 1 }
  var count = CInt(list.count - 1)
  return runDriver(&count, &first, readOneInput)
}
exit(status)
