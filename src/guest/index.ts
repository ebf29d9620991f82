// The module `airlock/converter`: everything a converter may import.

export { decodeBase64 } from './base64.ts';
export type { ReportBuilder, Reports, SequenceBuilder, StepAdder } from './builder.ts';
export { type CsvOptions, type CsvRow, type CsvRows, csv } from './csv.ts';
export { parseDate } from './dates.ts';
export { type ConverterContext, type ConverterDefinition, defineConverter, type ProbeHead } from './definition.ts';
export { BadInput, type InputPlace, ReportError, RetryLater, SkipFile } from './errors.ts';
export { type FixedColumn, type FixedRow, fixedWidth } from './fixed-width.ts';
export { gunzip } from './gunzip.ts';
export type { ByteSource, InflatedSource, InflateOptions } from './inflate.ts';
export type { ConverterInput, InputFile, TextSource } from './input.ts';
export { type IniEntry, ini, type KeyValue, type KeyValueOptions, keyValue } from './key-value.ts';
export { lines } from './lines.ts';
export { type LogFields, log } from './log.ts';
export { isExactNumber, parseNumber } from './numbers.ts';
export type {
  AssetInput,
  AttachmentInput,
  CurveInput,
  ErrorInput,
  FailureInput,
  FinishInput,
  MeasurementInput,
  MeasurementValue,
  MiscInput,
  ProcessInput,
  ReportInput,
  SequenceInput,
  SeriesInput,
  StepFields,
  StepInput,
  SubUnitInput,
} from './report-input.ts';
export { sha256 } from './sha256.ts';
export { unzip, type ZipEntry } from './unzip.ts';
export {
  xml,
  type XmlAttributes,
  type XmlElement,
  xmlElements,
  type XmlEvent,
  type XmlOptions,
  type XmlReader,
  xmlTree,
} from './xml.ts';
