import Diagnostics

/// What a person brings and no model can be told.
enum ConditionError: PersonFacingError, Equatable {
  /// A mask that hides nothing.
  case emptyMask(String)

  var exitStatus: ExitStatus { .badData }

  var description: String {
    switch self {
    case .emptyMask(let path):
      "\(path): nothing is missing: expected white where the picture is to be made up, found none"
    }
  }
}
